// Package scan reads pictures of documents: which page it is, what stands there, and, where it cannot be read, why.
//
//	bytes ──decode──▶ picture ──measure──▶ spoilt: low resolution, grain, blur, glare, squeezed
//	                     │
//	                     ├──upright──▶ held at a wrong angle
//	                     │
//	                     └──▶ machine-readable zone ──▶ fields that check digits prove
//	                          labels and values     ──▶ the other fields
//	                                                    another page, cut off, nothing to read
//
// A picture that lies on its side or on its head is set upright by itself, and so is one a few degrees askew. Everything else is
// refused with one reason, the one that the person can do something about (Reason).
//
// Letters are read by Tesseract, pages of PDF drawn by pdftoppm. Both are strangers to what people send, so each works as a child
// process with limits on time, memory and number, without a shell, without our environment and without the right to write a file;
// pictures go through pipes. The size of a picture is told from its head before it is decoded.
//
// What always holds: nothing of a page gets into an error or a log. What is read is a claim about a picture, not about a person:
// Compare puts it beside what was typed, field by field, and whoever calls decides what follows. Clean takes out of a file what
// its owner did not mean to show, and refuses PDFs that do things.
package scan
