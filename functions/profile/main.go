// Command profile is the Lambda function behind GET /config and /me.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.Profile) }
