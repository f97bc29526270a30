using TransformerXL.Tensors.Cpu.CrossEntropy;
using TransformerXL.Tensors.Cpu.Embedding;
using TransformerXL.Tensors.Cpu.Inference;
using TransformerXL.Tensors.Cpu.Inference.Int8;
using TransformerXL.Tensors.Cpu.LayerNorm;
using TransformerXL.Tensors.Cpu.Lstm;
using TransformerXL.Tensors.Cpu.MatrixProduct;
using TransformerXL.Tensors.Cpu.Optimizer;
using TransformerXL.Tensors.Cpu.Recurrent;
using TransformerXL.Tensors.Cpu.RelativeAttention;
using TransformerXL.Tensors.Cpu.ScatterRows;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Tensors.Cpu;

/// <summary>
/// The kernels of one instruction set. Sizes and pointers are checked by the operations that call them, which also keep
/// the memory alive during the call. Each kernel reserves the backend, because its scratch memory serves one thread only.
/// </summary>
internal abstract unsafe class KernelSet
{
    public abstract void MatrixProduct(in MatrixProductArguments arguments);

    /// <summary>Floats that a right operand (depth, columns) takes when packed.</summary>
    public abstract long PackedRightSize(int depth, int columns, Precision precision);

    /// <summary>Columns that lie side by side in a right operand that is packed in float32; null if it is packed as tiles.</summary>
    public abstract int? PackedColumns(Precision precision);

    /// <summary>Packs a right operand (depth, columns) that several products share.</summary>
    public abstract void PackRight(MatrixOperand b, int depth, int columns, Precision precision, float* packed);

    /// <summary>A product of a few rows with a row-major weight, which is read once and not packed.</summary>
    public abstract void FewRowsProduct(in FewRowsArguments arguments);

    /// <summary>A product of any number of rows with a weight of 8 bits.</summary>
    public abstract void Int8Product(in Int8Arguments arguments);

    /// <summary>Attention of a few queries over rows that are padded to whole vectors.</summary>
    public abstract void FewQueriesAttention(in AttentionArguments arguments);

    public abstract void LayerNormForward(in LayerNormArguments arguments);

    public abstract void LayerNormBackward(in LayerNormArguments arguments, in LayerNormGradients gradients);

    public abstract void AttentionForward(in AttentionArguments arguments);

    public abstract void AttentionBackward(in AttentionArguments arguments, in AttentionGradients gradients);

    public abstract void EmbeddingForward(in EmbeddingArguments arguments, float* output);

    public abstract void EmbeddingBackward(in EmbeddingArguments arguments, float* outputGradient, float* tableGradient);

    public abstract void ScatterRowsForward(in ScatterRowsArguments arguments, float* input, float* output);

    public abstract void ScatterRowsBackward(in ScatterRowsArguments arguments, float* outputGradient, float* inputGradient);

    public abstract void CrossEntropyAccumulate(in LogitTile tile);

    public abstract void CrossEntropyGradient(in LogitTile tile, float scale);

    public abstract void LstmForward(in LstmArguments arguments);

    /// <summary>A whole time step of an LSTM in one job, where that is faster than its product and then its gates.</summary>
    /// <returns>Whether it was computed.</returns>
    public abstract bool TryLstmStep(in LstmArguments arguments);

    public abstract void LstmBackward(in LstmArguments arguments, in LstmGradients gradients);

    public abstract void GruForward(in GruArguments arguments);

    public abstract void GruBackward(in GruArguments arguments, in GruGradients gradients);

    public abstract void RnnForward(in RnnArguments arguments);

    public abstract void RnnBackward(in RnnArguments arguments);

    /// <summary>destination = or += dropout(source); an inactive mask copies or adds.</summary>
    public abstract void Dropout(DropoutMask mask, float* source, float* destination, long count, bool add);

    /// <summary>y = y * scale where the gate is above zero, else 0.</summary>
    public abstract void Gate(float* y, float* gate, float scale, long count);

    /// <summary>y = or += f(a, b), element by element.</summary>
    public abstract void Elementwise(ElementwiseFunction function, float* a, float* b, float* y, long count, bool add);

    public abstract void SoftmaxForward(float* x, float* y, int rows, int columns);

    public abstract void SoftmaxBackward(float* y, float* outputGradient, float* gradient, int rows, int columns, bool add);

    /// <summary>y_b = the mean of x_tb over all times, or over the first lengths[b] of them.</summary>
    public abstract void MeanRowsForward(float* x, int* lengths, float* y, int times, int streams, int columns);

    public abstract void MeanRowsBackward(float* outputGradient, int* lengths, float* gradient, int times, int streams, int columns, bool add);

    /// <summary>y_tb = x_tb + row_t for all streams b.</summary>
    public abstract void AddRows(float* x, float* rows, float* y, int times, int streams, int columns);

    /// <summary>row_t += the sum of x_tb over all streams b.</summary>
    public abstract void SumStreams(float* x, float* rows, int times, int streams, int columns);

    /// <summary>y = dropout(GELU(x)).</summary>
    public abstract void Gelu(float* x, DropoutMask mask, float* y, long count);

    /// <summary>y = dropout(y) * GELU'(x).</summary>
    public abstract void GeluBackward(float* y, float* x, DropoutMask mask, long count);

    /// <summary>y = f(u) v for rows of u beside v (rows, 2 columns).</summary>
    public abstract void GatedForward(GatingFunction function, float* x, float* y, int rows, int columns);

    /// <summary>The backward pass: sets or adds to the gradient of u beside v.</summary>
    public abstract void GatedBackward(GatingFunction function, float* x, float* outputGradient, float* gradient, int rows, int columns, bool add);

    public abstract void AddColumnSums(float* x, int rows, int columns, float* y);

    /// <summary>The sum of the squares of x, or of x / (scale + epsilon) if there is a scale.</summary>
    public abstract double SumOfSquares(float* x, float* scale, float epsilon, long count);

    public abstract void AdamStep(in AdamArguments arguments);

    public abstract void SgdStep(in SgdArguments arguments);

    public abstract void AdagradStep(in AdagradArguments arguments);

    public abstract void AnchoredStep(in AnchoredArguments arguments);

    public abstract void LambStep(in LambArguments arguments);

    public abstract void MuonStep(MuonArguments[] matrices, int count);
}
