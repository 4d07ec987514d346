package toproto

import (
	"github.com/hookstep-dev/hookstep/sdk/connection"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
)

// Settings converts a connection as it is configured.
func Settings(s connection.Settings) *pb.Settings {
	return &pb.Settings{Type: text(s.Type), Options: values(s.Options), Fields: values(s.Fields)}
}

func values(v connection.Values) map[string]string {
	if len(v) == 0 {
		return nil
	}
	valid := make(map[string]string, len(v))
	for key, value := range v {
		valid[text(key)] = text(value)
	}
	return valid
}

// Token converts a credential; none gives nil.
func Token(t connection.Token) *pb.Token {
	if t.IsZero() {
		return nil
	}
	return &pb.Token{
		Response:     t.Response,
		Context:      t.Context,
		ExpiresAtUs:  micros(t.ExpiresAt),
		ObtainedAtUs: micros(t.ObtainedAt),
		Renews:       t.Renews,
	}
}

// BeginAuthorize converts the beginning of an authorization.
func BeginAuthorize(b connection.Begin) *pb.BeginAuthorizeRequest {
	return &pb.BeginAuthorizeRequest{
		Settings:      Settings(b.Settings),
		RedirectUrl:   text(b.RedirectURL),
		State:         text(b.State),
		CodeChallenge: text(b.CodeChallenge),
	}
}

// Exchange converts the answer that came to a redirect URL.
func Exchange(e connection.Exchange) *pb.ExchangeRequest {
	return &pb.ExchangeRequest{
		Settings:     Settings(e.Settings),
		RedirectUrl:  text(e.RedirectURL),
		CodeVerifier: text(e.CodeVerifier),
		Parameters:   Pairs(e.Parameters),
	}
}

// ApplyHead converts a request that is to be signed, without its body.
func ApplyHead(settings connection.Settings, token connection.Token, request connection.Request) *pb.ApplyHead {
	return &pb.ApplyHead{
		Settings:  Settings(settings),
		Token:     Token(token),
		Method:    text(request.Method),
		Url:       text(request.URL),
		Headers:   headers(request.Headers),
		BodyBytes: uint64(len(request.Body)),
		AtUs:      micros(request.At),
	}
}

// Additions converts what a signature adds to a request.
func Additions(a connection.Additions) *pb.ApplyResponse {
	return &pb.ApplyResponse{Headers: headers(a.Headers), Query: Pairs(a.Query)}
}
