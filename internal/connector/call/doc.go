// Package call is how we ask an outside system something and live with its moods.
//
// Every connector speaks through a Line. A Line gives one try a time limit, repeats it after a growing pause
// with some chance in it while the caller's own deadline allows, and stops asking a system that keeps failing:
// after so many failures in a row the circuit opens and callers are refused at once; when it has rested, one
// call goes through as a trial, and the others are refused until it is known what became of it.
//
//	closed --failures in a row--> open --rest is over--> trial --good--> closed
//	                               ^                       |
//	                               +---------bad-----------+
//
// What comes back is one of three things: an answer; a Refusal, by which the system, alive and well, said no;
// or an error that matches ErrUnavailable or ErrGarbage, after which it makes sense to ask again later.
//
// Which road the question takes is the Transport's matter; connector/xroad is one. A road may want to know for whose sake and in
// which matter somebody is asked: see About.
//
// What always holds: an error never carries what we sent or what we got, because both are about people.
// Redirects are not followed: a body about a person goes to the address in the settings or nowhere. An answer
// longer than the settings allow is garbage.
package call
