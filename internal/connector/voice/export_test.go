package voice

// UnderWay is how many calls are made right now.
func (g *Gateway) UnderWay() int { return len(g.lines) }
