using TransformerXL.Tensors.Random;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// A language without end whose every character has a known probability given the text before it, so that the loss of a
/// model can be held against the best that is possible. The rules must be known or learned; from the text alone nothing of the
/// state of the language stays hidden.
/// </summary>
public abstract class SyntheticLanguage
{
    private protected SyntheticLanguage()
    {
    }

    /// <summary>The name under which it is asked for.</summary>
    public abstract string Name { get; }

    /// <summary>One sentence with its sizes.</summary>
    public abstract string Description { get; }

    /// <summary>The entropy of a character in nats, in the mean of an endless text: no model reaches a lower loss.</summary>
    public abstract double EntropyRate { get; }

    /// <summary>A text of the language, without end and in constant memory.</summary>
    /// <param name="seed">The same seed gives the same text.</param>
    /// <param name="stream">Texts of different streams are independent.</param>
    public IEnumerable<SyntheticCharacter> Generate(ulong seed, ulong stream = 0) => Generate(new RandomStream(seed, stream).NextInt);

    /// <summary>The text of given choices.</summary>
    /// <param name="choose">Gives one of 0 to limit - 1; all chance is in it, each of its values is equally likely.</param>
    internal abstract IEnumerable<SyntheticCharacter> Generate(Func<int, int> choose);
}
