package connect

import "time"

const (
	renewPart  = 0.8             // of a token's life, after which it is renewed
	renewAhead = time.Minute     // before its end at the latest, if its life is not short
	shortLife  = 2 * time.Minute // of which renewAhead would be too much
	jitterPart = 0.05            // of a token's life, by which it is renewed earlier by chance
	leewayPart = 0.05            // of a token's life, before its end, in which it isn't used any more
	leewayMost = 5 * time.Second
	forcedRest = time.Minute // in which a token that was made because one was refused is not refused too
)

// life is how long the token lives from its beginning; 0: it has no end.
func (k *keptToken) life() time.Duration {
	if k.ExpiresAt.IsZero() {
		return 0
	}
	return max(k.ExpiresAt.Sub(k.ObtainedAt), time.Nanosecond)
}

// leeway is for the way to the service, and for clocks that do not agree.
func (k *keptToken) leeway() time.Duration {
	return min(time.Duration(float64(k.life())*leewayPart), leewayMost)
}

// due is when the token is to be renewed; zero: never.
func (k *keptToken) due() time.Time {
	life := k.life()
	if life == 0 {
		return time.Time{}
	}
	after := time.Duration(float64(life) * renewPart)
	if life > shortLife {
		after = min(after, life-renewAhead)
	}
	return k.ObtainedAt.Add(after)
}

// dueEarlier is due less a little chance, so that what was obtained at once is not renewed at once.
func (k *keptToken) dueEarlier(chance float64) time.Time {
	due := k.due()
	if due.IsZero() {
		return due
	}
	return due.Add(-time.Duration(chance * jitterPart * float64(k.life())))
}

// urgency says how much a token needs to be renewed.
type urgency int

const (
	lasting urgency = iota // it will do
	aging                  // it will do, and is to be renewed
	dying                  // a new one would live long enough, this one does not
)

// urgency of a token that has to live for a time from now on.
func (s *state) urgency(now time.Time, within time.Duration) urgency {
	if !s.lives(now) {
		return dying
	}
	token := &s.token
	if token.ExpiresAt.IsZero() || !s.renews() {
		return lasting
	}
	allowed := token.due().Sub(token.ObtainedAt) // with more, each token would be renewed as soon as it is there
	switch {
	case within <= allowed && token.ExpiresAt.Sub(now) < within:
		return dying
	case !now.Before(token.due()):
		return aging
	}
	return lasting
}
