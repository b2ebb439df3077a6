// Package seeds holds the real cities and events that an installation starts
// with, as YAML files, and reads them strictly: a file with a fault is refused
// with every fault's line, so that nothing half-read reaches the store.
//
// Facts carry the source they were taken from; the sentences are our own.
package seeds
