using TransformerXL.Files;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// An endless language in which every character has a known probability given the text before it, so that the loss of a
/// model can be compared with the minimum. A model has to learn the rules; the text determines the
/// state of the language completely.
/// </summary>
public abstract class SyntheticLanguage
{
    private protected SyntheticLanguage()
    {
    }

    /// <summary>The name of the language.</summary>
    public abstract string Name { get; }

    /// <summary>A sentence about it with its sizes.</summary>
    public abstract string Description { get; }

    /// <summary>All numbers that the generated texts depend on, beside their seed and their size.</summary>
    private protected abstract object[] Settings { get; }

    /// <summary>The mean entropy of a character in nats, over an endless text: no model reaches a lower loss.</summary>
    public abstract double EntropyRate { get; }

    /// <summary>An endless text of the language, in constant memory.</summary>
    /// <param name="seed">The same seed gives the same text.</param>
    /// <param name="stream">Texts of different streams are independent.</param>
    public IEnumerable<SyntheticCharacter> Generate(ulong seed, ulong stream = 0) => Generate(new RandomStream(seed, stream).NextInt);

    /// <summary>Everything that the texts of a seed and a size depend on.</summary>
    internal string Request(ulong seed, long size) => UnfinishedFolder.Request([Name, .. Settings, seed, size]);

    /// <summary>The text that results from given choices.</summary>
    /// <param name="choose">Returns a number from 0 to limit - 1, each equally likely; the only source of randomness.</param>
    internal abstract IEnumerable<SyntheticCharacter> Generate(Func<int, int> choose);
}
