// Package specimen draws the papers of the sandbox's residents, and spoils the pictures as telephones and scanners do.
//
// The drawing is our own. It has what a reader of a Russian internal passport needs (labels and values where they stand, the
// red number along the edge, a machine-readable zone on forms since July 2011) and is good for nothing else: every sheet says
// «ОБРАЗЕЦ», the photograph is a grey shape, the lines behind the text are plain waves.
//
// What always holds: a sheet and its defects follow from their seed alone. The lines of the zone are put together here and not
// by the portal's parser: if the two disagree, one of them is wrong, and a test should say so.
//
//	Person ──Photo, Registration, Letter──▶ sheet ──Shot──▶ picture of a sheet on a table ──Spoil──▶ bytes of a file
package specimen
