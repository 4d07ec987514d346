package api

import (
	"net/http"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
)

func (h *Handler) listExecutions(writer http.ResponseWriter, request *http.Request) error {
	filter, err := ParseFilter(request.URL.Query())
	if err != nil {
		return err
	}
	page, err := admin.List(request.Context(), h.rooms.Store, filter)
	if err != nil {
		return err
	}
	made := wire.Page{Executions: make([]wire.Execution, len(page.Executions))}
	for i := range page.Executions {
		made.Executions[i] = executionOf(&page.Executions[i])
	}
	if page.Next != 0 {
		made.Next = page.Next.String()
	}
	return send(writer, http.StatusOK, made)
}

func (h *Handler) showExecution(writer http.ResponseWriter, request *http.Request) error {
	id, err := idOf(request)
	if err != nil {
		return err
	}
	full, err := flagOf(request.URL.Query(), "full")
	if err != nil {
		return err
	}
	detail, err := admin.Show(request.Context(), h.rooms.Store, id)
	if err != nil {
		return err
	}
	return send(writer, http.StatusOK, detailOf(detail, full))
}

func (h *Handler) replay(writer http.ResponseWriter, request *http.Request) error {
	id, err := idOf(request)
	if err != nil {
		return err
	}
	var asked wire.Replay
	if err := read(writer, request, &asked); err != nil {
		return err
	}
	made, err := admin.Replay(request.Context(), h.rooms.Replayer, id, stepKey(asked.FromStep))
	if err != nil {
		return err
	}
	return send(writer, http.StatusCreated, replayedOf(made))
}

func (h *Handler) replayMany(writer http.ResponseWriter, request *http.Request) error {
	var asked wire.ReplayMany
	if err := read(writer, request, &asked); err != nil {
		return err
	}
	filter, err := filterOf(asked.Filter)
	if err != nil {
		return err
	}
	filter.Unreplayed, filter.Limit = !asked.Again, asked.Limit
	made, err := admin.ReplayMany(request.Context(), h.rooms.Store, h.rooms.Replayer, filter, stepKey(asked.FromStep))
	if err != nil {
		return err
	}
	answer := wire.ReplayedMany{Replayed: []wire.Replayed{}, Failed: []wire.NotReplayed{}, More: made.More}
	for _, one := range made.Replayed {
		answer.Replayed = append(answer.Replayed, replayedOf(one))
	}
	for _, one := range made.Failed {
		answer.Failed = append(answer.Failed, wire.NotReplayed{ID: one.ID.String(), Error: words(one.Err, statusOf(one.Err))})
	}
	return send(writer, http.StatusOK, answer)
}

func replayedOf(of admin.Replayed) wire.Replayed {
	return wire.Replayed{ID: of.ID.String(), ReplayOf: of.ReplayOf.String()}
}

// stepKey takes a step's key or its name.
func stepKey(text string) integration.StepKey {
	if key := integration.StepKey(text); isKey(text) {
		return key
	}
	return integration.KeyOf(text)
}

// isKey tells a text that can be a key: letters and digits, no upper case at the beginning.
func isKey(text string) bool {
	for i, char := range []byte(text) {
		upper := char >= 'A' && char <= 'Z'
		if (char < '0' || char > '9') && (char < 'a' || char > 'z') && !upper || upper && i == 0 {
			return false
		}
	}
	return true
}

func (h *Handler) cancel(writer http.ResponseWriter, request *http.Request) error {
	id, err := idOf(request)
	if err != nil {
		return err
	}
	if err := admin.Cancel(request.Context(), h.rooms.Store, id, tokenOf(request).Name); err != nil {
		return err
	}
	writer.WriteHeader(http.StatusNoContent)
	return nil
}
