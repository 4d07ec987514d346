package privatekey

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// opensshMagic begins every key that ssh-keygen writes in its own format.
const opensshMagic = "openssh-key-v1\x00"

func wrongName(name string) string {
	switch {
	case name == "":
		return "is empty: fill in the user name"
	case strings.TrimSpace(name) != name:
		return "begins or ends with a space or line break: write it without"
	case connection.HasControl(name):
		return "holds a line break or another control character: write it as one line"
	}
	return ""
}

// wrongKey says what is wrong with a private key in words that hold nothing of it.
func wrongKey(text string) string {
	block, rest := pem.Decode([]byte(text))
	if block == nil {
		return withoutBlock(text)
	}
	if len(bytes.TrimSpace(rest)) > 0 || !strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN ") {
		return "holds something beside one key: paste the key alone, from its BEGIN line to its END line"
	}
	if err := parse(block); err != nil {
		return err.Error()
	}
	return ""
}

func withoutBlock(text string) string {
	switch {
	case strings.TrimSpace(text) == "":
		return "is empty: paste the private key, from its BEGIN line to its END line"
	case strings.HasPrefix(text, "ssh-") || strings.HasPrefix(text, "ecdsa-"):
		return "is a public key: paste the private one, which begins with -----BEGIN"
	case strings.HasPrefix(text, "PuTTY-User-Key-File"):
		return "is a PuTTY key: export it in OpenSSH format (puttygen key.ppk -O private-openssh) and paste that"
	case strings.Contains(text, "-----BEGIN ") && !strings.Contains(strings.TrimSpace(text), "\n"):
		return "has lost its line breaks: paste the key file as it is, or set it from the file"
	}
	return "is no PEM text: paste the private key, from its BEGIN line to its END line"
}

// parse looks whether the key can be used. What is behind a passphrase is only known to be a key.
func parse(block *pem.Block) error {
	switch block.Type {
	case "PRIVATE KEY":
		if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
			return errDamaged("PKCS#8")
		}
	case "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return parseTraditional(block)
	case "OPENSSH PRIVATE KEY":
		if !bytes.HasPrefix(block.Bytes, []byte(opensshMagic)) {
			return errDamaged("OpenSSH")
		}
	case "DSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return nil
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "CERTIFICATE REQUEST", "SSH2 PUBLIC KEY":
		return errors.New("is not the private part (" + strings.ToLower(block.Type) + "): paste the private key")
	default:
		return errors.New("is of an unknown form: it may be a PKCS#8, PKCS#1, EC or OpenSSH private key")
	}
	return nil
}

func parseTraditional(block *pem.Block) error {
	if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil
	}
	if block.Type == "EC PRIVATE KEY" {
		if _, err := x509.ParseECPrivateKey(block.Bytes); err != nil {
			return errDamaged("EC")
		}
		return nil
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		return errDamaged("PKCS#1")
	}
	return nil
}

// errDamaged leaves out what the parser says, which may quote the key.
func errDamaged(form string) error {
	return errors.New("is damaged: its lines are there, but they are no " + form + " key; copy the whole file again")
}
