// Command maintenance is the Lambda function that operators invoke: jobs over
// all users, and what support does with one.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.Maintenance) }
