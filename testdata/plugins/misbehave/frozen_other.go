//go:build !unix

package main

// frozen hangs where a process can't be stopped.
func frozen() { hang() }
