def handler(event, _context=None):
    return len(event["Records"])
