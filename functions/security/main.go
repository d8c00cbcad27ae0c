// Command security is the Lambda function behind /me/security, /me/sessions and
// /security/recovery.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.Security) }
