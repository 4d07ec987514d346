//go:build awskms

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/hookstep-dev/hookstep/host/seal"
)

// awsScheme begins the URI of a key of AWS KMS; its ARN follows.
const awsScheme = "aws-kms://"

// keyService gives keys of AWS KMS, with the credentials that the environment has for the SDK of AWS.
func keyService() seal.Remote {
	return func(ctx context.Context, uri string) (tink.AEADWithContext, error) {
		arn, ok := strings.CutPrefix(uri, awsScheme)
		if !ok {
			return nil, fmt.Errorf("this program knows keys of AWS KMS, as in %sarn:aws:kms:eu-central-1:123456789012:key/…", awsScheme)
		}
		return awskms.NewAEADWithContext(ctx, arn)
	}
}
