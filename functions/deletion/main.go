// Command deletion is the Lambda function behind /me/deletion and /me/export.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.Deletion) }
