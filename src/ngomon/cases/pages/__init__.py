"""The citizen's pages of cases: report, receipt, one case, lists, map, board, my reports, pictures."""
