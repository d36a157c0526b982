// Package journeys holds stories of what people do with the portal from end to end, and plays them.
//
// A story is a text file here; one line is one thing somebody does or sees. Whoever knows the portal can read
// and write one. It is played on a whole portal of its own, with a sandbox around it, in Chromium and without
// scripts, in Russian and in English, on SQLite and on PostgreSQL (journeys_test.go says in which pairs).
//
// # Words
//
//	{register.title}            what the portal says there, in the language of this playing
//	{key n=3 to="+7 912"}       the same with its places filled; places left open match anything
//	{Год | Year}                words that are data and stand in no catalogue: Russian, then English
//	$code  $anna.passport.series   what was read or named before
//	"put in quotes"             one thing, when a word like «with» stands in it
//	# …                         a remark, to the end of the line
//
// A FIELD is called by its label, its name, or its autocomplete token (family-name, tel, one-time-code).
//
// # Who
//
//	as NAME [on a phone | by keyboard | in the dark]   go on as this person; the first time, in a new browser
//	as NAME in another tab      of the same browser; «as NAME» goes back to the first
//	NAME is resident N          somebody the registers know (/demo/people, from 1)
//	NAME is newcomer N          one of those who have no SNILS (/demo/newcomers, from 1)
//	NAME is staff ROLE          an employee (/demo/staff), by role or login: login, password, and totp, the code of the moment
//	NAME is app KEY             an authenticator app set up with the key: totp_before, totp, totp_next, each good once
//	NAME is data ATTRIBUTE      what the page marks so: a reference, the code for a visit
//	NAME is the day in N days   from today, as it is typed in a form; by the clock of the wall, which the portal's is until it is moved
//	NAME is VALUE               any value
//
// # What they do
//
//	open PATH                   type an address
//	fill FIELD with VALUE       fill every FIELD with VALUE: each field called so, a password typed twice
//	choose OPTION in FIELD      tick FIELD      untick FIELD      attach FILE to FIELD
//	upload FILE to FIELD by BUTTON   of a form's attachments: with scripts it goes when it is chosen, without them by the button
//	photograph FIELD            with the camera of the device, which sees the passport of resident 2; without scripts a file is attached
//	sign in the page as resident N     the text of the page, by the .pfx file of the resident; without scripts their program signs
//	sign LINK as resident N [by ALGORITHM] to FIELD   sign what LINK gives with the resident's program, and attach the signature;
//	                            by ecdsa, rsa, gost256 or gost512
//	press BUTTON [near WORDS]   follow LINK [near WORDS]
//	continue                    press the one primary button of the page
//	reload
//
// # What they see
//
//	see WORDS                   see no WORDS
//	wait for WORDS              they come by themselves, or without scripts after a reload
//	in a while see WORDS        likewise, for what takes long on a slow machine: a picture being read
//	field FIELD holds VALUE
//	error WORDS                 the error summary says so, and the page has the status 422
//	at PATH                     where they are; * stands for one step of the path
//	level is L    state is S    turn is T    outcome is O       waits for it as «wait for» does
//	session is L                what /api/session says: a level, or none
//	session ends                waits until it is none
//	paper LINK [near WORDS] says WORDS                         a PDF
//	archive LINK says WORDS     a ZIP with a page in it
//
// # What reaches them, and the world around
//
//	read sms|email|voice|push|post to ADDRESS    waits for one; sets $code, $wrong (a code that is not it), $link, $number, $text
//	no sms|… to ADDRESS         none has come that was not read
//	clock advance PT6M          fault SYSTEM MODE
//	clock to N days before NAME is AGE           of somebody the registers know; before the clock is moved otherwise
//	clock to N hours before MOMENT               and up to one more; MOMENT as data-start of a page gives it, likewise
//	do PART [with NAME=VALUE …] play parts/PART.txt here
//	axe                         look again for barriers; every new page is looked at anyway
//	shot NAME                   a picture of the page, when OKNO_SHOTS names a folder
package journeys
