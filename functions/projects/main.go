// Command projects is the Lambda function behind what accounts own: /projects,
// the worked example.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.Projects) }
