package seal_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hookstep-dev/hookstep/host/seal"
)

// places draws places whose texts are likely to be mistaken for each other.
func places() *rapid.Generator[seal.Place] {
	return rapid.Custom(func(t *rapid.T) seal.Place {
		text := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom([]rune("a\x00\x01")), 0, 4, -1), rapid.String())
		return seal.Place{
			Integration: text.Draw(t, "integration"), Instance: text.Draw(t, "instance"),
			Name: text.Draw(t, "name"), Part: text.Draw(t, "part"), Version: rapid.Int64().Draw(t, "version"),
		}
	})
}

func TestPlacesAreToldApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one, other := places().Draw(t, "one"), places().Draw(t, "other")
		if same := bytes.Equal(one.Bytes(), other.Bytes()); same != (one == other) {
			t.Errorf("%+v and %+v: bytes are the same: %t", one, other, same)
		}
	})
}

// TestShiftedTextsAreToldApart moves the border between two neighbours, which is what an encoding without lengths would not see.
func TestShiftedTextsAreToldApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		one := places().Draw(t, "place")
		joined := one.Integration + one.Instance
		at := rapid.IntRange(0, len(joined)).Draw(t, "border")
		other := one
		other.Integration, other.Instance = joined[:at], joined[at:]
		if same := bytes.Equal(one.Bytes(), other.Bytes()); same != (one == other) {
			t.Errorf("%+v and %+v: bytes are the same: %t", one, other, same)
		}
	})
}

func TestWhatIsSealedOpensAsItWas(t *testing.T) {
	t.Parallel()
	box := newHost(t).box(t, &keysets{})
	rapid.Check(t, func(t *rapid.T) {
		at, elsewhere := places().Draw(t, "place"), places().Draw(t, "elsewhere")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		closed, err := box.Seal(t.Context(), plain, at)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := box.Open(t.Context(), closed, at); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("opens as %q, %v", got, err)
		}
		if _, err := box.Open(t.Context(), closed, elsewhere); (err == nil) != (at == elsewhere) {
			t.Errorf("sealed at %+v, opened at %+v: %v", at, elsewhere, err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	here := &host{data: f.TempDir(), environment: map[string]string{seal.Variable: seal.NewKeyText()}, now: clock}
	box, err := here.open(f.Context(), &keysets{})
	if err != nil {
		f.Fatal(err)
	}
	good, err := box.Seal(f.Context(), []byte("secret"), place())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{nil, good, good[:5], good[:len(good)-1], {1, 0, 0, 0, 0}, bytes.Repeat([]byte{1}, 64)} {
		f.Add(seed, "orders")
	}
	f.Fuzz(func(t *testing.T, closed []byte, integration string) {
		at := place()
		at.Integration = integration
		plain, err := box.Open(t.Context(), closed, at)
		if err == nil && (at != place() || !bytes.Equal(closed, good)) {
			t.Errorf("%x opens as %q at %+v", closed, plain, at)
		}
	})
}

func FuzzKeyset(f *testing.F) {
	here := &host{data: f.TempDir(), environment: map[string]string{seal.Variable: seal.NewKeyText()}, now: clock}
	database := &keysets{}
	box, err := here.open(f.Context(), database)
	if err != nil {
		f.Fatal(err)
	}
	good := database.kept
	want, err := box.Status(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Sealed)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"header":{"format":1,"version":1,"keys":null},"wrapped":"","proof":""}`))
	f.Fuzz(func(t *testing.T, kept []byte) {
		changed := good
		changed.Sealed = kept
		box, err := here.open(t.Context(), &keysets{kept: changed})
		if err != nil {
			return
		}
		if got, err := box.Status(t.Context()); err != nil || !cmp.Equal(got, want) {
			t.Errorf("a keyset that was changed is taken: %s", kept)
		}
	})
}
