// Package ui is what every page of the portal and of the desks is made of: two layouts, the components
// between them, and the styles, scripts, icons and typefaces they need.
//
// A component is a templ function that takes one struct of strings and small values, ready to show: ui knows
// nothing of people, cases or the database, and never formats a date. The sentences it says itself (skip link,
// "optional", "show password") are the messages ui.* of i18n; everything else comes in with the struct.
//
// What always holds, and is tested:
//   - a control has a label, its description and its error are tied to it by aria-describedby, and an error
//     summary leads to the field it speaks of;
//   - every page has a skip link, landmarks, a switch of language and one of larger type, the hotline and a way to
//     report a problem with the page;
//   - pages work without scripts. The scripts of assets/js only make them nicer, and none of it is inline, so that
//     `Content-Security-Policy: default-src 'self'` holds;
//   - styles and scripts of a page stay within the budget of bytes that budget_test.go states.
//
// The look is Designsystemet's, with the theme of assets/theme.json, Golos Text and Lucide. build.mjs makes the
// folder dist, which is not tracked, from assets and the npm packages; Assets opens it and says so when it was not built.
//
// Storybook shows every component in every state.
package ui
