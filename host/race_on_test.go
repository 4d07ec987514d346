//go:build race

package host_test

// raceDetector slows everything down, so that figures mean nothing.
const raceDetector = true
