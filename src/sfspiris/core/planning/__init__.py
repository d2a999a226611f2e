"""The decisions, one flow a file: read them top to bottom and agree or disagree."""
