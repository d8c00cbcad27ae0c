// Command stream is the Lambda function that the table's stream feeds: what
// follows from a change, done after it.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.Stream) }
