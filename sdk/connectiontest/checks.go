package connectiontest

import (
	"context"
	"slices"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// checks are the cases about the target as a whole.
func checks() []check {
	return []check{
		{Handshake, "starts", true, (*suite).starts},
		{Handshake, "line", true, (*suite).line},
		{Handshake, "health", true, (*suite).health},
		{Handshake, "describe-output", true, (*suite).describeOutput},
		{Handshake, "by-hand", true, (*suite).byHand},
		{Describe, "types", false, (*suite).describes},
		{Describe, "names", false, (*suite).keys},
		{Unsupported, "unknown-type", false, (*suite).unknownType},
		{Process, "lifeline", true, (*suite).lifeline},
		{Process, "stop", true, (*suite).stop},
		{Process, "killed", true, (*suite).killed},
		{Secrets, "log", true, (*suite).logs},
	}
}

// typeCheck is a case that is about each type for which about holds.
type typeCheck struct {
	level   Level
	name    string
	about   func(of connection.Type) bool
	standin bool // it needs a type that the suite's authorization server fits
	process bool // it needs a plugin program
	run     func(sc *scene, ctx context.Context) string
}

// typeChecks are the cases about types.
func typeChecks() []typeCheck {
	all := func(connection.Type) bool { return true }
	hasToken := func(of connection.Type) bool { return of.Token != connection.Static }
	authorizes := func(of connection.Type) bool { return of.Token == connection.Authorizes }
	revoking := func(of connection.Type) bool { return of.Revokes }
	signs := func(of connection.Type) bool { return of.Signs }
	chooses := func(of connection.Type) bool {
		return slices.ContainsFunc(of.Options, func(option connection.Input) bool { return len(option.Choices) > 0 })
	}
	cases := []typeCheck{
		{Describe, "type", all, false, false, typeIsWhole},
		{Describe, "inputs", all, false, false, inputsAreWhole},
		{Describe, "send", all, false, false, sendNamesInputs},
		{Schema, "plain", all, false, false, plainSchema},
		{Schema, "sample", all, false, false, sampleSchema},
		{Schema, "preset-fields", all, false, false, presetFields},
		{Schema, "unknown-option", all, false, false, unknownOption},
		{Schema, "wrong-option", chooses, false, false, wrongOption},
		{Validate, "sample", all, false, false, acceptsSample},
		{Validate, "required-only", all, false, false, acceptsRequired},
		{Validate, "by-key", all, false, false, findsByKey},
		{Unsupported, "verbs", all, false, false, refusesTheRest},
		{Flow, "same-url", authorizes, true, false, sameURL},
		{Flow, "obtain", hasToken, true, false, obtains},
		{Flow, "renew", hasToken, true, false, renews},
		{Flow, "renew-keeps", authorizes, true, false, keeps},
		{Flow, "renew-once", authorizes, true, false, usedUp},
		{Flow, "codes-once", authorizes, true, false, codesOnce},
		{Flow, "denied", authorizes, true, false, denied},
		{Flow, "revoke", revoking, true, false, revokes},
		{Errors, "redirect", hasToken, true, false, redirected},
		{Errors, "unreachable", hasToken, true, false, unreachable},
		{Errors, "revoke-unreachable", revoking, true, false, revokeFails},
		{Apply, "equal", signs, false, false, signsAlike},
		{Apply, "bodies", signs, false, false, signsBodies},
		{Apply, "many-headers", signs, false, false, signsManyHeaders},
		{Apply, "odd-requests", signs, false, false, signsOddRequests},
		{Together, "schemas", all, false, false, schemasAtOnce},
		{Together, "tokens", hasToken, true, false, tokensAtOnce},
		{Together, "signatures", signs, false, false, signaturesAtOnce},
		{Together, "not-held-up", hasToken, true, false, notHeldUp},
		{Together, "canceled", hasToken, true, false, canceled},
		{Together, "too-late", hasToken, true, false, tooLate},
		{Together, "another-process", all, false, true, anotherProcess},
		{Process, "stop-finishes-renewal", hasToken, true, true, stopFinishes},
		{Process, "killed-while-it-renews", hasToken, true, true, killedWhileItRenews},
	}
	for _, bad := range badAnswers() {
		cases = append(cases, typeCheck{Errors, bad.name, hasToken, true, false, answersBadly(bad)})
	}
	for _, odd := range oddAnswers() {
		cases = append(cases, typeCheck{Errors, odd.name, hasToken, true, false, answersOddly(odd)})
	}
	return cases
}
