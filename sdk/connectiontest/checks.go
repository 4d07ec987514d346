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
		{Describe, "type", all, false, false, (*scene).typeIsWhole},
		{Describe, "inputs", all, false, false, (*scene).inputsAreWhole},
		{Describe, "send", all, false, false, (*scene).sendNamesInputs},
		{Schema, "plain", all, false, false, (*scene).plainSchema},
		{Schema, "sample", all, false, false, (*scene).sampleSchema},
		{Schema, "preset-fields", all, false, false, (*scene).presetFields},
		{Schema, "unknown-option", all, false, false, (*scene).unknownOption},
		{Schema, "wrong-option", chooses, false, false, (*scene).wrongOption},
		{Validate, "sample", all, false, false, (*scene).acceptsSample},
		{Validate, "required-only", all, false, false, (*scene).acceptsRequired},
		{Validate, "by-key", all, false, false, (*scene).findsByKey},
		{Unsupported, "verbs", all, false, false, (*scene).refusesTheRest},
		{Flow, "same-url", authorizes, true, false, (*scene).sameURL},
		{Flow, "obtain", hasToken, true, false, (*scene).obtains},
		{Flow, "renew", hasToken, true, false, (*scene).renews},
		{Flow, "renew-keeps", authorizes, true, false, (*scene).keeps},
		{Flow, "renew-once", authorizes, true, false, (*scene).usedUp},
		{Flow, "codes-once", authorizes, true, false, (*scene).codesOnce},
		{Flow, "denied", authorizes, true, false, (*scene).denied},
		{Flow, "revoke", revoking, true, false, (*scene).revokes},
		{Errors, "redirect", hasToken, true, false, (*scene).redirected},
		{Errors, "unreachable", hasToken, true, false, (*scene).unreachable},
		{Errors, "revoke-unreachable", revoking, true, false, (*scene).revokeFails},
		{Apply, "equal", signs, false, false, (*scene).signsAlike},
		{Apply, "bodies", signs, false, false, (*scene).signsBodies},
		{Apply, "many-headers", signs, false, false, (*scene).signsManyHeaders},
		{Apply, "odd-requests", signs, false, false, (*scene).signsOddRequests},
		{Together, "schemas", all, false, false, (*scene).schemasAtOnce},
		{Together, "tokens", hasToken, true, false, (*scene).tokensAtOnce},
		{Together, "signatures", signs, false, false, (*scene).signaturesAtOnce},
		{Together, "not-held-up", hasToken, true, false, (*scene).notHeldUp},
		{Together, "canceled", hasToken, true, false, (*scene).canceled},
		{Together, "too-late", hasToken, true, false, (*scene).tooLate},
		{Together, "another-process", all, false, true, (*scene).anotherProcess},
		{Process, "stop-finishes-renewal", hasToken, true, true, (*scene).stopFinishes},
		{Process, "killed-while-it-renews", hasToken, true, true, (*scene).killedWhileItRenews},
	}
	for _, bad := range badAnswers() {
		cases = append(cases, typeCheck{Errors, bad.name, hasToken, true, false, answersBadly(bad)})
	}
	for _, odd := range oddAnswers() {
		cases = append(cases, typeCheck{Errors, odd.name, hasToken, true, false, answersOddly(odd)})
	}
	return cases
}
