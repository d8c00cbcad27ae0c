package account

import (
	"context"
	"errors"
)

var errUnfinished = errors.New("not there yet")

func (s *Service) requestExport(context.Context, Identity) (ExportLinked, error) {
	return ExportLinked{}, ErrUnavailable.Because(errUnfinished)
}

func (s *Service) currentExport(context.Context, Identity) (ExportLinked, error) {
	return ExportLinked{}, ErrUnavailable.Because(errUnfinished)
}

func (s *Service) writeExport(context.Context, string) (bool, error) {
	return false, ErrUnavailable.Because(errUnfinished)
}
