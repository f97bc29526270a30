namespace TransformerXL.Fuzz;

/// <summary>One parser of input from outside, with valid inputs to begin from.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Read">Parses an input. <see cref="InputException"/> is the only exception that it may throw.</param>
/// <param name="Seeds">Valid inputs: <paramref name="Read"/> accepts each of them.</param>
public sealed record FuzzTarget(string Name, Action<byte[]> Read, Func<IEnumerable<byte[]>> Seeds)
{
    /// <summary>Managed bytes that a parser may allocate for each byte of its input, garbage included.</summary>
    public int BytesPerByte { get; init; } = 64;

    /// <summary>Managed bytes that a parser may allocate whatever its input: buffers, an exception with its trace.</summary>
    public long FixedBytes { get; init; } = 4 << 20;

    private const int LongestMessage = 16_384;

    /// <summary>Parses an input.</summary>
    /// <returns>Why it was refused; null if it was accepted.</returns>
    /// <exception cref="FuzzFindingException">The parser took too much memory, or refused the input with a message that is unfit for a terminal.</exception>
    public string? Check(byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        string? refusal = TryRead(input);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before, most = FixedBytes + ((long)BytesPerByte * input.Length);
        return allocated <= most ? refusal : throw new FuzzFindingException($"{Name}: {allocated} bytes were allocated for an input of {input.Length}; at most {most} may be");
    }

    private string? TryRead(byte[] input)
    {
        try
        {
            Read(input);
            return null;
        }
        catch (InputException exception)
        {
            string message = exception.Message;
            if (message.Length > LongestMessage || message.Any(c => char.IsControl(c) && c != '\n'))
            {
                throw new FuzzFindingException($"{Name}: a message of {message.Length} characters is too long or holds control characters", exception);
            }

            return message;
        }
    }
}
