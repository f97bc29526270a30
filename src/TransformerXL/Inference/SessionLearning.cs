using TransformerXL.Files;
using TransformerXL.Inference.Serving;
using TransformerXL.Models;

namespace TransformerXL.Inference;

/// <summary>
/// Trains the weights of sessions on the text they read (dynamic evaluation, Krause et al. 2018). Each session has its own weights, which begin as the trained ones and take a step after each
/// segment. The text that a session generates is not used for training.
/// </summary>
/// <remarks>One thread at a time may use it with all of its sessions.</remarks>
public abstract class SessionLearning
{
    internal SessionLearning()
    {
    }

    /// <summary>Bytes of the weights of one session and of what its steps need, beside what it remembers without learning.</summary>
    public abstract long SessionBytes { get; }

    /// <summary>More bytes than this a saved session does not have for its learning.</summary>
    internal abstract long MaxFileBytes { get; }

    /// <summary>Begins with the trained weights.</summary>
    internal abstract SessionLearner Create();
}

/// <summary>The weights of one session, which follow what it reads.</summary>
internal abstract class SessionLearner
{
    /// <summary>The weights as they are now.</summary>
    public abstract LanguageModel Model { get; }

    /// <summary>Steps that the weights have taken.</summary>
    public abstract long Steps { get; }

    /// <summary>Bytes of memory; constant.</summary>
    public abstract long Bytes { get; }

    /// <summary>Tokens until the next step.</summary>
    public abstract int Room { get; }

    /// <summary>Learns from a token.</summary>
    /// <param name="previous">The token before it.</param>
    /// <param name="token">The token.</param>
    /// <returns>Whether the weights took a step.</returns>
    /// <exception cref="LearningDivergedException">The steps were too large; the weights can be used no more.</exception>
    public abstract bool Read(int previous, int token);

    /// <summary>A copy that goes on independently.</summary>
    public abstract SessionLearner Copy();

    /// <summary>What a file keeps of it.</summary>
    public abstract IEnumerable<SafetensorsItem> Items();

    /// <summary>Reads what <see cref="Items"/> wrote; after an error it cannot be used.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tokens">Tokens that the session has read.</param>
    /// <exception cref="InputException">The file is damaged, or belongs to other lengths.</exception>
    /// <exception cref="LearningUnavailableException">It belongs to another rule.</exception>
    public abstract void Restore(SafetensorsFile file, long tokens);
}
