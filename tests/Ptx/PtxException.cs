namespace PureLora.Tests.Ptx;

/// <summary>PTX that cannot be read, or a kernel that did what a GPU would not forgive.</summary>
sealed class PtxException(string message) : Exception(message);
