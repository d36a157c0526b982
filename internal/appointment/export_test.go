package appointment

// ListsKept is how many lists of free times are kept.
func (s *Service) ListsKept() int {
	s.shown.mu.Lock()
	defer s.shown.mu.Unlock()
	return len(s.shown.all)
}
