using TransformerXL.Models;
using TransformerXL.Tensors.Kernels;
using TransformerXL.Tensors.Kernels.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Inference;

/// <summary>A model and what is computed from its weights once for all tokens; shared by a session and its forks.</summary>
internal sealed class SessionWeights
{
    public SessionWeights(TransformerXLModel model, CpuBackend backend, InferenceOptions options)
    {
        Model = model;
        Relative = ProjectRelative(model, backend, options);
        Layers = [.. model.Layers.Select(layer => new LayerWeights(layer, options.Precision))];
    }

    public TransformerXLModel Model { get; }

    /// <summary>r of each layer.</summary>
    public RelativeTable[] Relative { get; }

    /// <summary>The matrices of each layer.</summary>
    public LayerWeights[] Layers { get; }

    /// <summary>r = R Wk,R^T for every distance within memory and segment.</summary>
    private static RelativeTable[] ProjectRelative(TransformerXLModel model, CpuBackend backend, InferenceOptions options)
    {
        int distances = options.MemoryLength + options.SharedQueries;
        Tensor sinusoids = new Sinusoids(model.Configuration.ModelSize).Descending(distances, options.ClampLength);
        Tensor rows = Tensor.Allocate(new Shape(distances, model.Configuration.Heads * model.Configuration.HeadSize));
        RelativeTable[] tables = new RelativeTable[model.Layers.Count];
        for (int layer = 0; layer < tables.Length; layer++)
        {
            backend.Linear(sinusoids, ((RelativeAttention)model.Layers[layer].Attention).Relative.Value, default, rows, precision: options.Precision);
            tables[layer] = new RelativeTable(rows, model.Configuration.Heads);
        }

        return tables;
    }
}
