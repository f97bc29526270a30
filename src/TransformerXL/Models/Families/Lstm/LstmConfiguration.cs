using TransformerXL.Models.Families;

namespace TransformerXL.Models;

/// <summary>
/// A model of layers of long short-term memory (Hochreiter and Schmidhuber 1997). Only clusters of the vocabulary bring projections
/// of its embeddings, of other sizes than those of its softmax.
/// </summary>
public sealed record LstmConfiguration : ModelConfiguration
{
    private protected override ModelFamily Descriptor => LstmFamily.Instance;
}
