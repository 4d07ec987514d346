package fromproto

import (
	"encoding/json"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
)

// Settings converts a connection as it is configured.
func Settings(message *pb.Settings) connection.Settings {
	return connection.Settings{Type: message.GetType(), Options: message.GetOptions(), Fields: message.GetFields()}
}

// Token converts a credential; nil and one without a response are none.
func Token(message *pb.Token) connection.Token {
	if len(message.GetResponse()) == 0 {
		return connection.Token{}
	}
	token := connection.Token{
		Response:   message.GetResponse(),
		ExpiresAt:  moment(message.GetExpiresAtUs()),
		ObtainedAt: moment(message.GetObtainedAtUs()),
		Renews:     message.GetRenews(),
	}
	if len(message.GetContext()) > 0 {
		token.Context = message.GetContext()
	}
	return token
}

// Obtained converts the answer of a call that makes a token. One without a token, or with one that is no JSON object,
// breaks the protocol.
func Obtained(message *pb.Token) (connection.Token, error) {
	token := Token(message)
	if token.IsZero() {
		return connection.Token{}, broken("the answer has neither a token nor a fault")
	}
	if !isObject(token.Response) || token.Context != nil && !isObject(token.Context) {
		return connection.Token{}, broken("the token is no JSON object")
	}
	return token, nil
}

func isObject(text []byte) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(text, &members) == nil && members != nil
}

// BeginAuthorize converts the beginning of an authorization.
func BeginAuthorize(message *pb.BeginAuthorizeRequest) connection.Begin {
	return connection.Begin{
		Settings:      Settings(message.GetSettings()),
		RedirectURL:   message.GetRedirectUrl(),
		State:         message.GetState(),
		CodeChallenge: message.GetCodeChallenge(),
	}
}

// Exchange converts the answer that came to a redirect URL.
func Exchange(message *pb.ExchangeRequest) connection.Exchange {
	return connection.Exchange{
		Settings:     Settings(message.GetSettings()),
		RedirectURL:  message.GetRedirectUrl(),
		CodeVerifier: message.GetCodeVerifier(),
		Parameters:   Pairs(message.GetParameters()),
	}
}

// Request converts a request that is to be signed, with its body, which came apart from it.
func Request(message *pb.ApplyHead, body []byte) connection.Request {
	return connection.Request{
		Method:  message.GetMethod(),
		URL:     message.GetUrl(),
		Headers: headers(message.GetHeaders()),
		Body:    body,
		At:      moment(message.GetAtUs()),
	}
}

// Additions converts what a signature adds to a request.
func Additions(message *pb.ApplyResponse) connection.Additions {
	return connection.Additions{Headers: headers(message.GetHeaders()), Query: Pairs(message.GetQuery())}
}
