// Package archtest guards the house: its tests fail when an import runs against
// the direction that docs/architecture.md draws, when a file appears where none
// belongs, when a real address or a machine's path slips into the repository,
// when the documents name a command or an option that does not exist, and when
// the delivery files contradict themselves.
//
// Each rule is a function of plain values, so that a second test can show it
// what it must refuse.
package archtest
