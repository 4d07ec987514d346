package ledger_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

// story writes a record in lines: "accept EVENT EXECUTION", "EXECUTION of EVENT step N key K saw 1,2 lane L number N" (only
// the step is needed), "store EXECUTION STATUS". Tokens count effects from 1.
func story(t *testing.T, lines string) *ledger.Record {
	t.Helper()
	notes := ledger.New(3)
	var kept []ledger.Kept
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "accept":
			notes.Answered(ledger.Answer{Event: words[1], Execution: words[2]})
		case words[0] == "odd":
			notes.Odd(strings.Join(words[1:], " "))
		case words[0] == "store":
			ended := words[2] != "queued" && words[2] != "waiting"
			kept = append(kept, ledger.Kept{
				Execution: words[1], Status: words[2], Ended: ended, Succeeded: words[2] == "succeeded", Refused: words[2] == "failed", Reason: "boom",
			})
		default:
			notes.Done(effect(t, words))
		}
	}
	record := notes.Record()
	record.Kept = kept
	return &record
}

func effect(t *testing.T, words []string) ledger.Effect {
	t.Helper()
	made := ledger.Effect{Execution: words[0], Event: strings.ToLower(words[0])}
	for i := 1; i+1 < len(words); i += 2 {
		var err error
		switch words[i] {
		case "of":
			made.Event = words[i+1]
		case "step":
			_, err = fmt.Sscan(words[i+1], &made.Step)
			made.Key = fmt.Sprintf("%s/%d", made.Execution, made.Step)
		case "key":
			made.Key = strings.Trim(words[i+1], `"`)
		case "lane":
			made.Lane = words[i+1]
		case "number":
			_, err = fmt.Sscan(words[i+1], &made.Number)
		case "saw":
			for text := range strings.SplitSeq(words[i+1], ",") {
				var token int64
				_, err = fmt.Sscan(text, &token)
				made.Seen = append(made.Seen, token)
			}
		default:
			t.Fatalf("what is %q?", words[i])
		}
		if err != nil {
			t.Fatalf("%q: %v", words[i+1], err)
		}
	}
	return made
}

// good is an event that was accepted and ran without a break.
const good = `
accept a A
A step 1
A step 2 saw 1
A step 3 saw 1,2
store A succeeded
`

func TestJudge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, story string
		want        []string // beginnings of the violations
	}{
		{"nothing happened", "", nil},
		{"all went well", good, nil},
		{"a duplicate was told the same", good + "accept a A", nil},
		{"steps were repeated before they were committed", `
			accept a A
			A step 1
			A step 1
			A step 2 saw 2
			A step 2 saw 2
			A step 2 saw 2
			A step 3 saw 2,5
			A step 3 saw 2,5
			store A succeeded`, nil},
		{"a promise came after the execution's end", "A step 1\nA step 2 saw 1\nA step 3 saw 1,2\naccept a A\nstore A succeeded", nil},
		{"one that was refused is kept to be looked at", good + "store B failed", nil},
		{"lanes take turns", `
			accept a A
			accept b B
			A step 1 lane x number 1
			A step 1 lane x number 1
			A step 2 saw 2 lane x number 1
			A step 3 saw 2,3 lane x number 1
			B step 1 lane x number 2
			B step 2 saw 5 lane x number 2
			B step 3 saw 5,6 lane x number 2
			store A succeeded
			store B succeeded`, nil},
		{"lanes do not look at each other", `
			accept a A
			accept b B
			A step 1 lane x number 2
			B step 1 lane y number 1
			A step 2 saw 1 lane x number 2
			B step 2 saw 2 lane y number 1
			A step 3 saw 1,3 lane x number 2
			B step 3 saw 2,4 lane y number 1
			store A succeeded
			store B succeeded`, nil},

		{"the store lost it", "accept a A", []string{`lost: A: event a was accepted, but the store does not know`}},
		{"it hangs", "accept a A\nA step 1\nstore A waiting", []string{`lost: A: event a was accepted, but the execution is still waiting`}},
		{"it is a dead letter", "accept a A\nA step 1\nstore A dead-letter", []string{"failed: A: event a ended as dead-letter: boom"}},
		{"a duplicate started another", good + "accept a B\nstore B queued", []string{
			"twice: B: event a was accepted as A before", "twice: B: no caller was told of it",
		}},
		{"a duplicate was told of another that is not there", good + "accept a B", []string{"twice: B: event a was accepted as A before"}},
		{"an event ran as two", good + "B of a step 1\nstore B succeeded", []string{
			"twice: B: event a was accepted as A, and this one ran too", "twice: B: no caller was told of it",
			"skipped: B: it succeeded, but step 2 had no effect", "skipped: B: it succeeded, but step 3 had no effect",
		}},
		{"the store has more than was promised", good + "store B succeeded", []string{"twice: B: no caller was told of it", "skipped: B: it succeeded, but no step"}},
		{"the store lists one twice", good + "store A succeeded", []string{"twice: A: the store lists it twice"}},
		{"one that was refused ran", good + "B of a step 1\nstore B failed", []string{
			"twice: B: event a was accepted as A, and this one ran too", "twice: B: no caller was told of it",
		}},
		{"what was accepted was refused afterwards", "accept a A\nstore A failed", []string{"failed: A: event a ended as failed: boom"}},
		{"an execution from nowhere", "A step 1", []string{"unknown: A: its event a was never accepted", "unknown: A: it had effects, but the store"}},
		{"a step was left out", "accept a A\nA step 1\nA step 3 saw 1,0\nstore A succeeded", []string{
			"order: A: step 3 ran before step 2", "skipped: A: it succeeded, but step 2 had no effect",
		}},
		{"the last step was left out", "accept a A\nA step 1\nA step 2 saw 1\nstore A succeeded", []string{"skipped: A: it succeeded, but step 3 had no effect"}},
		{"all steps were left out", "accept a A\nstore A succeeded", []string{"skipped: A: it succeeded, but no step had an effect"}},
		{"it began with the second step", "accept a A\nA step 2 saw 0\nA step 3 saw 0,1\nstore A succeeded", []string{
			"order: A: step 2 ran before step 1", "skipped: A: it succeeded, but step 1 had no effect",
		}},
		{"a step that there is not", good + "A step 4 saw 1,2,3", []string{"order: A: there is no step 4"}},
		{"a committed step ran again", `
			accept a A
			A step 1
			A step 2 saw 1
			A step 1
			A step 2 saw 3
			A step 3 saw 3,4
			store A succeeded`, []string{"repeated: A: step 1 ran again after step 2 had begun"}},
		{"two workers ran it at once", `
			accept a A
			A step 1
			A step 1
			A step 2 saw 1
			A step 3 saw 1,3
			store A succeeded`, []string{"result: A: step 2 saw the results [1], committed were [2]", "result: A: step 3 saw the results [1 3]"}},
		{"a result was lost", "accept a A\nA step 1\nA step 2\nA step 3 saw 2\nstore A succeeded", []string{
			"result: A: step 2 saw the results [], committed were [1]", "result: A: step 3 saw the results [2]",
		}},
		{"no idempotency key", "accept a A\nA step 1 key \"\"\nA step 2 saw 1\nA step 3 saw 1,2\nstore A succeeded", []string{"key: A: step 1 has none"}},
		{"a new key at each repeat", "accept a A\nA step 1\nA step 1 key other\nA step 2 saw 2\nA step 3 saw 2,3\nstore A succeeded", []string{
			`key: A: step 1 had "A/1" first and "other" when it was repeated`,
		}},
		{"one key for two steps", "accept a A\nA step 1\nA step 2 saw 1 key A/1\nA step 3 saw 1,2\nstore A succeeded", []string{
			`key: A: step 2 has "A/1", the key of step 1 of A`,
		}},
		{"one key for two executions", good + "accept b B\nB step 1 key A/1\nB step 2 saw 4\nB step 3 saw 4,5\nstore B succeeded", []string{
			`key: B: step 1 has "A/1", the key of step 1 of A`,
		}},
		{"two of a lane at once", `
			accept a A
			accept b B
			A step 1 lane x number 1
			B step 1 lane x number 2
			A step 2 saw 1 lane x number 1
			A step 3 saw 1,3 lane x number 1
			B step 2 saw 2 lane x number 2
			B step 3 saw 2,5 lane x number 2
			store A succeeded
			store B succeeded`, []string{
			"lane: A: step 2 ran after B of lane x had begun", "lane: B: step 2 ran after A of lane x had begun",
		}},
		{"a lane in the wrong order", `
			accept a A
			accept b B
			B step 1 lane x number 2
			B step 2 saw 1 lane x number 2
			B step 3 saw 1,2 lane x number 2
			A step 1 lane x number 1
			A step 2 saw 4 lane x number 1
			A step 3 saw 4,5 lane x number 1
			store A succeeded
			store B succeeded`, []string{"lane: A: number 1 of lane x came after number 2"}},
		{"an answer that no caller should get", good + "odd 500 internal error", []string{"answer: 500 internal error"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for i, found := range ledger.Judge(story(t, test.story)) {
				line := found.String()
				if i < len(test.want) {
					line = line[:min(len(line), len(test.want[i]))]
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}
