using TransformerXL.Tensors.Random;

namespace TransformerXL.Cli.Bench;

/// <summary>Random token ids, the same in every run.</summary>
internal sealed class RandomTokens(int vocabularySize)
{
    private readonly RandomStream _random = new(seed: 1);

    public void Fill(Span<int> ids)
    {
        foreach (ref int id in ids)
        {
            id = _random.NextInt(vocabularySize);
        }
    }
}
