// Command organizations is the Lambda function behind /organizations and the
// audit log.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.Organizations) }
