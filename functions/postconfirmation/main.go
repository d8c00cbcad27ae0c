// Command postconfirmation is the Lambda function that the user pool calls when
// somebody confirmed their sign-up or reset their password.
package main

import "hearth/internal/boot"

func main() { boot.Start(boot.PostConfirmation) }
