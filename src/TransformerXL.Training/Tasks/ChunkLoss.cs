using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Training.Tasks;

/// <summary>The forward pass of a chunk and its mean loss, as <see cref="TrainingTask.Loss"/>.</summary>
internal delegate Variable ChunkLoss(Tape tape, Batch batch, ModelState state, DropoutRates dropout);

/// <summary>How much the loss of a chunk counts, as <see cref="TrainingTask.WeightOf"/>.</summary>
internal delegate double ChunkWeight(Batch batch);
