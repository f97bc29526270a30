using TransformerXL.Models;

namespace TransformerXL.Training.Schedules;

/// <summary>Dropout that changes linearly from an initial rate, at the first step, to that of the model, after a given number of steps.</summary>
internal sealed class DropoutSchedule
{
    private readonly DropoutRates _initial, _final;
    private readonly long _steps;

    /// <summary>Creates the schedule of a training.</summary>
    public DropoutSchedule(ModelConfiguration model, TrainingConfiguration training)
    {
        _final = DropoutRates.Of(model);
        _initial = new DropoutRates(training.InitialDropout ?? _final.Hidden, training.InitialAttentionDropout ?? _final.Attention);
        _steps = training.DropoutSteps;
    }

    /// <summary>The rates of an optimizer step, counted from 1.</summary>
    public DropoutRates RatesAt(long optimizerStep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(optimizerStep, 1);
        if (optimizerStep > _steps)
        {
            return _final;
        }

        double done = (double)(optimizerStep - 1) / _steps;
        return new DropoutRates(Between(_initial.Hidden, _final.Hidden, done), Between(_initial.Attention, _final.Attention, done));
    }

    private static float Between(double initial, double final, double done) => (float)(initial + ((final - initial) * done));
}
