package endpoint

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// The most characters that are told of a stranger's words.
const (
	codeLength        = 80
	descriptionLength = 300
	addressLength     = 200
)

func unreachable(format string, args ...any) *fault.Fault {
	return fault.New(fault.Downstream, fault.Unreachable, format, args...)
}

func misconfigured(format string, args ...any) *fault.Fault {
	return fault.New(fault.Downstream, fault.Misconfigured, format, args...)
}

// broken tells of an exchange that gave no answer. What the transport says is told where it cannot hold what was sent.
func (q inquiry) broken(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fault.New(fault.Host, fault.Canceled, "asking %s was given up", q.name)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return unreachable("%s at %s did not answer in time", q.name, q.host)
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok && name.IsNotFound {
		return unreachable("%s cannot be asked: there is no host %s", q.name, q.host)
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return unreachable("%s cannot be asked: %s takes no connections", q.name, q.host)
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return unreachable("%s cannot be asked: the certificate of %s is not accepted: %s", q.name, q.host, q.veil.Words(certificate.Err.Error(), descriptionLength))
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	return unreachable("asking %s at %s broke off: %s", q.name, q.host, q.veil.Words(err.Error(), descriptionLength))
}

// judge gives a fault for an answer that is no success.
func (q inquiry) judge(answer reply) error {
	if err := q.redirect(answer); err != nil {
		return err
	}
	if err := q.temporary(answer); err != nil {
		return err
	}
	if refusal, refused := refusalOf(answer); refused {
		return q.refused(answer, refusal)
	}
	switch {
	case answer.status >= http.StatusBadRequest:
		return misconfigured("%s: check its URL, the client ID, the client secret and how the client shows itself", q.said(answer))
	case answer.status < http.StatusOK || answer.status >= http.StatusMultipleChoices || !answer.whole:
		return unreachable("%s", q.said(answer))
	}
	return nil
}

// redirect: 301 and 308 say that the address is another for good; the others may be an outage's page.
func (q inquiry) redirect(answer reply) error {
	if answer.status < http.StatusMultipleChoices || answer.status >= http.StatusBadRequest {
		return nil
	}
	to := "elsewhere"
	if location, err := url.Parse(answer.header.Get("Location")); err == nil && location.Host != "" {
		to = "to " + q.veil.Words(location.Host, codeLength)
	}
	told := unreachable
	if answer.status == http.StatusMovedPermanently || answer.status == http.StatusPermanentRedirect {
		told = misconfigured
	}
	return told("%s at %s answered %d, a redirect %s, which is not followed: set the URL that answers itself", q.name, q.host, answer.status, to)
}

// temporary gives a fault for an answer which says that the server is not able to answer now.
func (q inquiry) temporary(answer reply) error {
	switch status := answer.status; {
	case status >= http.StatusInternalServerError:
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
	default:
		return nil
	}
	words := q.said(answer)
	if refusal, refused := refusalOf(answer); refused {
		words += ": " + q.words(refusal)
	}
	return later(unreachable("%s", words), answer)
}

func later(told *fault.Fault, answer reply) error {
	told.RetryAfter = fault.RetryAfterText(answer.header.Get("Retry-After"), time.Now())
	return told
}

func (q inquiry) said(answer reply) string {
	return fmt.Sprintf("%s at %s answered %d with %s", q.name, q.host, answer.status, shape(answer))
}

// shape says what a body is, in place of the body.
func shape(answer reply) string {
	start := bytes.ToLower(bytes.TrimSpace(answer.body[:min(len(answer.body), 512)]))
	html := strings.HasPrefix(answer.header.Get("Content-Type"), "text/html") || bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
	switch {
	case len(start) == 0:
		return "an empty body"
	case html:
		return "an HTML page"
	case !answer.whole:
		return "more than 1 MiB"
	case answer.object != nil:
		return "a JSON object"
	}
	return "something other than a JSON object"
}

// refusal is an error in the words of OAuth, or of a service that has its own.
type refusal struct{ code, description, address string }

// refusalOf finds the error in an answer. Services answer errors with 200 too, and one that has an access token as well is still one.
func refusalOf(answer reply) (refusal, bool) {
	object := answer.object
	found := refusal{Text(object, "error"), Text(object, "error_description"), Text(object, "error_uri")}
	if found.code != "" {
		return found, true
	}
	var nested map[string]json.RawMessage
	if json.Unmarshal(object["error"], &nested) == nil && len(nested) > 0 {
		return refusal{code: first(nested, "type", "code", "status"), description: first(nested, "message", "description")}, true
	}
	failed := string(object["ok"]) == "false" || string(object["success"]) == "false"
	if object != nil && (failed || answer.status >= http.StatusBadRequest) {
		return refusal{
			code:        first(object, "errorCode", "error_code", "status", "code", "reason"),
			description: first(object, "error_description", "message", "error_message", "errorMessage", "detail", "title"),
		}, true
	}
	return refusal{}, false
}

func first(object map[string]json.RawMessage, keys ...string) string {
	for _, key := range keys {
		if text := Text(object, key); text != "" {
			return text
		}
	}
	return ""
}

func (q inquiry) words(found refusal) string {
	var told []string
	for _, part := range []string{q.veil.Words(found.code, codeLength), q.veil.Words(found.description, descriptionLength)} {
		if part != "" {
			told = append(told, part)
		}
	}
	if address, err := url.Parse(found.address); err == nil && (address.Scheme == "https" || address.Scheme == "http") && address.User == nil {
		told = append(told, "see "+q.veil.Words(address.String(), addressLength))
	}
	if len(told) == 0 {
		return "it does not say why"
	}
	return strings.Join(told, ": ")
}

// refused makes a fault of a refusal: its code tells whether a person has to authorize again, or trying later helps.
func (q inquiry) refused(answer reply, found refusal) error {
	words := fmt.Sprintf("%s at %s refused: %s", q.name, q.host, q.words(found))
	switch Classify(found.code) {
	case fault.Unreachable:
		return later(unreachable("%s", words), answer)
	case fault.Reauthorize:
		return fault.New(fault.Downstream, fault.Reauthorize, "%s", words)
	}
	return misconfigured("%s%s", words, advice(found.code))
}

func advice(code string) string {
	switch code {
	case "invalid_client", "incorrect_client_credentials", "bad_client_secret", "invalid_client_id":
		return "; check the client ID, the client secret and how they are sent (option authStyle)"
	case "redirect_uri_mismatch":
		return "; register the redirect URL with the service exactly as it is sent"
	case "invalid_scope":
		return "; check the scopes"
	case "unauthorized_client", "unsupported_grant_type":
		return "; allow the client this kind of grant at the service"
	}
	return ""
}

// Classify says what an error code of an authorization server means for the connection: reauthorize, unreachable or misconfigured. The
// codes are those of RFC 6749 and OpenID Connect, and what GitHub, Slack, HubSpot, Zoho and others have in their place.
func Classify(code string) fault.Code {
	switch code = strings.ToLower(code); {
	case slices.Contains(gone(), code):
		return fault.Reauthorize
	case slices.Contains(passing(), code):
		return fault.Unreachable
	}
	return fault.Misconfigured
}

func gone() []string {
	return []string{
		"invalid_grant", "access_denied", "interaction_required", "login_required", "consent_required", "account_selection_required",
		"bad_verification_code", "bad_refresh_token", "bad_auth_code", "invalid_code", "code_already_used", "code_expired",
		"invalid_refresh_token", "refresh_token_expired", "token_revoked", "token_expired", "expired_token", "account_inactive",
	}
}

func passing() []string {
	return []string{
		"server_error", "temporarily_unavailable", "slow_down", "ratelimited", "rate_limited", "too_many_requests", "internal_error",
		"fatal_error", "service_unavailable", "request_timeout",
	}
}
