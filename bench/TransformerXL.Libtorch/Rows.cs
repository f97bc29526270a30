using static TorchSharp.torch;

namespace TransformerXL.Libtorch;

/// <summary>Embeddings.</summary>
internal static class Rows
{
    /// <summary>The rows of a table (V, D) by ids (...): (..., D).</summary>
    public static Tensor Of(Tensor table, Tensor ids) => table.index_select(0, ids.reshape(-1)).view([.. ids.shape, table.shape[1]]);
}
