package boot

import (
	"errors"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"hearth/internal/account"
	"hearth/internal/dynamo"
	"hearth/internal/mail"
	"hearth/internal/product"
)

// Stream builds the function that the table's stream feeds: what follows from
// a change, done after it. It alone mails.
func Stream(env Environment) (lambda.Handler, error) {
	images, imagesErr := env.images()
	mac, macErr := env.mac()
	post, postErr := env.post()
	exports, exportsErr := env.exports()
	remover, removerErr := env.remover()
	if err := errors.Join(imagesErr, macErr, postErr, exportsErr, removerErr); err != nil {
		return nil, err
	}
	service, _, err := env.service(parts{images: images, mac: mac, mailer: post, exports: exports, remover: remover})
	if err != nil {
		return nil, err
	}
	return dynamo.Stream(service, logger()), nil
}

// post is what sends Hearth's mails.
func (e Environment) post() (*mail.Post, error) {
	config, err := product.Config(e(account.EnvConfig))
	if err != nil {
		return nil, err
	}
	writer, err := mail.NewWriter(config.Languages[0], product.MailTexts())
	if err != nil {
		return nil, err
	}
	values, err := e.require("AWS_REGION")
	if err != nil {
		return nil, err
	}
	sender, err := mail.NewSender(mail.NewClient(sesv2.Options{
		Region: values["AWS_REGION"], Credentials: e.credentials(), BaseEndpoint: e.endpoint("SESV2"),
	}), config.MailFrom)
	if err != nil {
		return nil, err
	}
	return mail.NewPost(writer, sender, config.AppURL, logger()), nil
}
