using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Training;

namespace TransformerXL.Cli.Screens;

/// <summary>Redraws the screen of a training a few times a second.</summary>
internal sealed class LiveTrainingDisplay(IAnsiConsole console, TrainingScreenState begin, TimeProvider clock) : ITrainingDisplay
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private volatile TrainingScreenState _state = begin;
    private long _reported = clock.GetTimestamp();

    public void Report(TrainingReport value)
    {
        _state = _state.Apply(value);
        Interlocked.Exchange(ref _reported, clock.GetTimestamp());
    }

    public void Report(ValidationProgress value) => _state = _state with { Validating = value };

    public async Task ShowAsync(Task training, CancellationToken stop)
    {
        LivePainter painter = new(console);
        try
        {
            while (!training.IsCompleted)
            {
                painter.Paint(Draw(stop));
                await Task.WhenAny(training, Task.Delay(Pause, clock, CancellationToken.None)).ConfigureAwait(false);
            }

            _state = _state with { HasEnded = true };
            painter.Paint(Draw(stop));
        }
        finally
        {
            painter.End();
        }

        await training.ConfigureAwait(false);
    }

    private IRenderable Draw(CancellationToken stop)
    {
        TrainingScreenState state = _state with { IsStopping = stop.IsCancellationRequested };
        TimeSpan since = state.HasEnded ? TimeSpan.Zero : clock.GetElapsedTime(Interlocked.Read(ref _reported));
        return TrainingScreen.Render(state, console.Profile.Width, console.Profile.Height, since);
    }
}
