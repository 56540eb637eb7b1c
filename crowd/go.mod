module github.com/matchday/crowd

go 1.26

require github.com/HdrHistogram/hdrhistogram-go v1.4.0

require gonum.org/v1/gonum v0.17.0 // indirect
