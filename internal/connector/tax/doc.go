// Package tax speaks with the tax service: INN asks whose a taxpayer number is, Income fetches what was earned.
//
// POST {URL}/inn/v1/check and {URL}/income/v1/statement, JSON; dates there are ДД.ММ.ГГГГ, sums are roubles with
// a dot. The codes of the service, as they come in Answer.Code and call.Refusal:
//
//	FNS-000  the number is this person's          FNS-400  the statement is here
//	FNS-301  no such taxpayer                     FNS-401  nothing known of that year
//	FNS-302  annulled                             FNS-402  no such taxpayer
//	FNS-303  a check digit is wrong               FNS-404  neither INN nor SNILS given
//	FNS-304  neither INN nor passport given       FNS-410  the name differs
//	FNS-310  the name differs                     FNS-411  the date of birth differs
//	FNS-311  the date of birth differs
//	FNS-312  the passport is not this person's
package tax
