package main

import "github.com/spf13/cobra"

func newPluginsTest(*app) *cobra.Command { return &cobra.Command{Use: "test BINARY"} }
