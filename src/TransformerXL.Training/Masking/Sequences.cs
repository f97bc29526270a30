using TransformerXL.Tensors.Random;
using TransformerXL.Text;

namespace TransformerXL.Training.Masking;

/// <summary>
/// The sequences that a model reads in pre-training, with their special tokens and targets. What a sequence holds is a function of seed, epoch and number alone.
/// </summary>
internal abstract class Sequences
{
    /// <summary>The sequences of an objective.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="vocabulary">The vocabulary.</param>
    /// <param name="options">The objective.</param>
    /// <param name="length">L: the most tokens of a sequence.</param>
    /// <param name="seed">Decides all choices.</param>
    /// <param name="continues">Whether a sequence continues the one before, as with a memory.</param>
    /// <exception cref="InputException">The vocabulary lacks a special token, sequences are too short, or they are pairs and there is a memory.</exception>
    public static Sequences Create(TokenFile tokens, Vocabulary vocabulary, MaskingOptions options, int length, ulong seed, bool continues)
    {
        Masker masker = new(options, vocabulary, seed);
        bool isOfPairs = options.SecondObjective != SecondObjective.None || options.Objective == PretrainingObjective.Translation;
        Require.That(!isOfPairs || !continues, "pairs of texts are read from their beginnings, so that there is no memory; its length must be 0", [new("context.memoryLength")]);
        return options.Objective == PretrainingObjective.Permutation ? new PermutedPieces(tokens, vocabulary, masker, options, length, seed, continues)
            : options.Objective == PretrainingObjective.Translation ? new TranslationPairs(tokens, vocabulary, masker, length)
            : isOfPairs ? new SentencePairs(tokens, vocabulary, masker, options, length, seed)
            : new TextPieces(tokens, vocabulary, masker, length, seed, continues);
    }

    /// <summary>The most tokens of a sequence.</summary>
    public abstract int MaxLength { get; }

    /// <summary>Sequences of an epoch.</summary>
    public abstract long Count { get; }

    /// <summary>Values beside the targets of each sequence: rows that follow the rows of targets in a batch.</summary>
    public virtual int ExtraRows(int rows) => 0;

    /// <summary>Goes to an epoch, from 1.</summary>
    public virtual void Begin(int epoch)
    {
    }

    /// <summary>Reads a sequence.</summary>
    /// <param name="number">Which one, from 0 to below <see cref="Count"/>.</param>
    /// <param name="ids">Takes the tokens that are read.</param>
    /// <param name="targets">Takes the target of each token, <see cref="Masker.NoTarget"/> for none.</param>
    /// <param name="extra">Takes the values beside the targets, as many as <see cref="ExtraRows"/> says for the most tokens.</param>
    /// <returns>The number of tokens.</returns>
    public abstract int Read(long number, Span<int> ids, Span<int> targets, Span<int> extra);

    /// <summary>Random bits of a sequence.</summary>
    private protected static (uint X0, uint X1, uint X2, uint X3) Draw(ulong seed, long number, uint pass, uint purpose) =>
        Philox.Block(seed, (uint)number, (uint)(number >> 32), pass, purpose);

    private protected static double Share(uint bits) => bits * (1.0 / 4294967296.0);
}
