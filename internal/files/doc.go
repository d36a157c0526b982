// Package files keeps the bytes of uploads and issued papers.
//
// A file is two things: sealed bytes in a bucket and a row in the table. The bytes are written first, durably
// (Store.Put), the row after them, in the transaction that gives the file its meaning (Store.Keep):
//
//	Put ──► bytes without a row ──Keep──► file ──Drop──► bytes without a row ──Sweep──► nothing
//	                  └──────────────── nobody kept it for a day ────────────────┘
//
// So a row always has its bytes, whenever the machine stops; bytes without a row are rubbish, unreadable to anybody
// who lists the bucket, and are swept after a day.
//
// What always holds:
//
//   - Bytes and name are sealed with the owner's key and bound to the file and its media type: bytes moved to another
//     file, or passed off as another type, do not open. Destroying the owner's key erases their files.
//   - What a person uploads goes by Inspect first: with a Scanner nothing infected is kept, and a file that nobody looked through is
//     refused or marked, as the policy says.
//   - A file never changes. Another content is another file.
//   - A file is held in memory whole, up to MaxSize, because it is sealed whole: a part of it proves nothing.
//
// Who may upload how much of what, and who may read it, is decided by the capability that asks. The package knows three
// types of content (Sniff) and believes no name and no header.
package files
