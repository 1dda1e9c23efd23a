namespace PureLora;

/// <summary>
/// Something the user can act on: a broken file, a wrong shape, a full disk. The message is the whole story in one
/// line, <c>{where}: {what} is {actual}, but {other} needs {expected}</c>, then a sentence that says what to do.
/// The command line prints it without a stack trace and exits with 1.
/// </summary>
public class PureLoraException : Exception
{
    public PureLoraException(string message) : base(message) { }

    public PureLoraException(string message, Exception cause) : base(message, cause) { }
}

/// <summary>The request itself is wrong (an unknown key, a value out of range): the command line exits with 2.</summary>
public sealed class UsageException : PureLoraException
{
    public UsageException(string message) : base(message) { }
}
